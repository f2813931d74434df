"""Makes the tables and a user, and prints its password hash and so many refresh tokens of it, one a line."""

import sys

import django
from django.core.management import call_command

django.setup()
call_command("migrate", verbosity=0)

from django.contrib.auth.models import User  # noqa: E402
from rest_framework_simplejwt.tokens import RefreshToken  # noqa: E402

user = User.objects.create_user("admin", password="bench only, never elsewhere")
print(user.password)
for _ in range(int(sys.argv[1])):
    print(RefreshToken.for_user(user))
