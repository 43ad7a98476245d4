"""What the check of the container needs: a base image, the app in it, and a client."""
