import hashlib

from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


def whoami(request):
    return JsonResponse({
        "user": request.user.get_username(),
        "authenticated": request.user.is_authenticated,
        "host": request.get_host(),
        "headers": sorted(name for name in request.META if name.startswith("HTTP_")),
    })


def admin(request):
    return HttpResponse("the admin's page")


def note(request):
    """A form as Django makes them, with its own protection against forgery."""
    if request.method == "POST":
        return JsonResponse({"user": request.user.get_username(), "note": request.POST["note"]})
    return HttpResponse(f'<form method="post"><input name="csrfmiddlewaretoken" value="{get_token(request)}"></form>')


@csrf_exempt
def upload(request):
    file = request.FILES["file"]
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return JsonResponse({"user": request.user.get_username(), "bytes": file.size, "sha256": digest.hexdigest()})


urlpatterns = [
    path("app/whoami", whoami),
    path("app/note", note),
    path("app/upload", upload),
    path("app/admin/page", admin),
]
