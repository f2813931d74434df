from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication
from rest_framework_simplejwt.views import (
    TokenBlacklistView,
    TokenObtainPairView,
    TokenObtainSlidingView,
    TokenRefreshSlidingView,
    TokenRefreshView,
    TokenVerifyView,
)


class Me(APIView):
    """Whom JWTAuthentication finds in the database."""

    def get(self, request):
        return Response({"id": request.user.pk, "name": request.user.get_username(), "header": request.auth is not None})


class Stateless(Me):
    """Whom the token alone tells."""

    authentication_classes = [JWTStatelessUserAuthentication]


urlpatterns = [
    path("api/token/", TokenObtainPairView.as_view()),
    path("api/token/refresh/", TokenRefreshView.as_view()),
    path("api/token/verify/", TokenVerifyView.as_view()),
    path("api/token/blacklist/", TokenBlacklistView.as_view()),
    path("api/token/sliding/", TokenObtainSlidingView.as_view()),
    path("api/token/sliding/refresh/", TokenRefreshSlidingView.as_view()),
    path("api/me", Me.as_view()),
    path("api/stateless", Stateless.as_view()),
]
