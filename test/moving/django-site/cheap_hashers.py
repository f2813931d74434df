"""Django's own hashers, made cheap as its documentation says: by subclasses that say how dear."""
from django.contrib.auth import hashers


class PBKDF2(hashers.PBKDF2PasswordHasher):
    iterations = 1000


class PBKDF2SHA1(hashers.PBKDF2SHA1PasswordHasher):
    iterations = 1000


class Argon2(hashers.Argon2PasswordHasher):
    time_cost = 1
    memory_cost = 64
    parallelism = 1


class BCrypt(hashers.BCryptPasswordHasher):
    rounds = 4


class BCryptSHA256(hashers.BCryptSHA256PasswordHasher):
    rounds = 4
