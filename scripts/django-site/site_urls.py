from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView


class Hello(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request):
        return Response({"answer": "x" * 86})


urlpatterns = [
    path("auth/login", TokenObtainPairView.as_view()),
    path("auth/refresh", TokenRefreshView.as_view()),
    path("api/hello", Hello.as_view()),
]
