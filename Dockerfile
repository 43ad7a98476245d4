# The app in a container: any user, any port, a read-only root, no HOME. Nothing is compiled when it runs.
ARG BASE_IMAGE=python:3.12-slim

# --- Made here, in the order of how rarely it changes: what follows an unchanged step is not made again.
FROM ${BASE_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app

# The packages. The environment holds no pip, and nothing that the app never reads: scripts/container/trim.py lists
# it, says why, and takes a third of all. Byte code is compiled once, and stays valid whatever happens to the times of files.
COPY requirements.lock /tmp/
COPY scripts ./scripts
RUN python -m venv --without-pip /opt/venv \
 && python -m pip --python /opt/venv install --no-compile --require-hashes -r /tmp/requirements.lock \
 && python -m scripts.container.trim /opt/venv \
 && /opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib

# librosa's compiled functions: most of the time goes here, and it is the same until the packages or the runtime change.
COPY runtime_setup.py ./
COPY runtime ./runtime
RUN /opt/venv/bin/python runtime_setup.py --bake /opt/numba_cache

# The app and its own kernels. All belongs to root, and nobody else may write it: numba's cache is code that will be run.
COPY . ./
RUN rm -r scripts \
 && chmod -R u=rwX,go=rX /app \
 && /opt/venv/bin/python runtime_setup.py --bake /opt/numba_cache \
 && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /app

# --- What is shipped.
FROM ${BASE_IMAGE}
RUN useradd --uid 1000 --create-home user
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/numba_cache /opt/numba_cache
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH \
    NUMBA_BAKED_CACHE_DIR=/opt/numba_cache \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=7860
USER 1000:1000
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health', timeout=4)"]
# The exec form: the signal to stop reaches Python itself, not a shell in front of it.
CMD ["python", "app.py"]
