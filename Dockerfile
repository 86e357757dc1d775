# One image for every process of the deployment. docker-compose.yml gives the command of each.

FROM python:3.14-slim-bookworm AS builder
WORKDIR /build
# Debian removes superseded versions of packages, so a Dockerfile that pins versions would soon fail to build.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev libmariadb-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /venv
COPY requirements-mysql.txt .
# Install wheels only, except for mysqlclient, which has none for Linux.
RUN /venv/bin/pip install --no-cache-dir --only-binary :all: --no-binary mysqlclient --requirement requirements-mysql.txt

FROM python:3.14-slim-bookworm
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libmariadb3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 app
COPY --from=builder /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY . .
# Collect the static files with the embedded settings, which need no variables, and remove the secrets they create.
RUN python manage.py collectstatic --no-input --verbosity 0 && rm -r var/secrets && chmod -R a+rX var
# The containers may not write, so without this each process and health check would compile all modules when it starts.
RUN python -m compileall -q accounts config events notifications
# Given by its number, so that whatever runs the image can verify that it is not root.
USER 10001
