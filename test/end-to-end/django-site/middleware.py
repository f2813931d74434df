from django.contrib.auth.middleware import RemoteUserMiddleware


class ForwardedUserMiddleware(RemoteUserMiddleware):
    """Whoever the header names is signed in; WSGI reads X-User-Name and X_User_Name as the same."""

    header = "HTTP_X_USER_NAME"
