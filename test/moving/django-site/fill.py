"""Fills the site: users, groups and passwords of every kind. Writes who they are, for the test to hold against."""
import json
import sys

import django

django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402

KINDS = ["pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt", "bcrypt_sha256", "scrypt"]
given = json.load(sys.stdin)

groups = {name: Group.objects.create(name=name) for name in ["Content Editors", "staff", "admin"]}
written = []
for number in range(given["count"]):
    kind = KINDS[number % len(KINDS)]
    password = "Passwort %d \u00fc\u20ac" % number
    # Django 3.2 has no scrypt hasher; what those of 4.0 write was made outside.
    encoded = given["scrypt"][number // len(KINDS)] if kind == "scrypt" else make_password(password, hasher=kind)
    user = User(
        username="%s_%d" % ("User" if number % 10 == 0 else "user", number),
        password=encoded,
        first_name="Ada" if number % 2 else "",
        last_name="Nr. %d" % number,
        email="user%d@example.com" % number,
        is_active=number % 50 != 7,
        is_staff=number % 100 == 1,
        is_superuser=number % 200 == 2,
    )
    written.append(user)
User.objects.bulk_create(written)
users = list(User.objects.order_by("id"))
through = User.groups.through
memberships = []
for number, user in enumerate(users):
    names = [name for place, name in enumerate(groups) if number % (place + 3) == 0]
    memberships += [through(user_id=user.pk, group_id=groups[name].pk) for name in names]
through.objects.bulk_create(memberships)
User.objects.create(username="without", password=make_password(None))
