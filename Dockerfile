# docker build --tag callboard:VERSION .    See docs/run.md.
# The digest is that of the index of all platforms; docs/operations.md says how to update it.
ARG PYTHON=python:3.12.15-slim-bookworm@sha256:54c85f3c47607a77f32adec749d3c81d1348bf25833671f512b26a9b6d778cb3

FROM ${PYTHON} AS build
WORKDIR /src
COPY pyproject.toml constraints.txt manifest.yml README.md LICENSE ./
COPY bot bot
COPY callboard callboard
COPY handlers handlers
COPY providers providers
COPY sandbox sandbox
RUN python -m venv /opt/callboard \
    && /opt/callboard/bin/pip install --no-cache-dir --constraint constraints.txt . \
    && /opt/callboard/bin/pip uninstall --yes pip

FROM ${PYTHON}
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin callboard \
    && install --directory --owner callboard --group callboard --mode 0700 /var/lib/callboard
COPY --from=build /opt/callboard /opt/callboard
ENV PATH=/opt/callboard/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CALLBOARD_CONFIG=/etc/callboard/callboard.toml \
    XDG_DATA_HOME=/var/lib/callboard
USER 10001:10001
EXPOSE 3000 3001
# Only the embedded Redis of `callboard run` writes here.
VOLUME /var/lib/callboard
# The configuration names the port of the probes: [http] admin_port, else port.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, tomllib, urllib.request; http = tomllib.load(open(os.environ['CALLBOARD_CONFIG'], 'rb')).get('http', {}); urllib.request.urlopen('http://127.0.0.1:%s/healthz' % http.get('admin_port', http.get('port', 3000)), timeout=4)"]
ENTRYPOINT ["callboard"]
CMD ["run"]
