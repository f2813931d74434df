"""Makes the tables and the users that both sides know; prints the key of each, as JSON."""

import json
import sys

import django
from django.core.management import call_command

django.setup()
call_command("migrate", verbosity=0)

from django.contrib.auth.models import User  # noqa: E402

keys = {}
for username in sys.argv[2:]:
    user = User.objects.create_user(username, password=sys.argv[1], is_active=username != "ivan")
    keys[username] = user.pk
print(json.dumps(keys))
