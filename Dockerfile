# docker build -t callboard .    Run it as docs/run.md says.
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt manifest.yml README.md LICENSE ./
COPY bot bot
COPY handlers handlers
COPY providers providers
COPY sandbox sandbox
RUN python -m venv /opt/callboard \
    && /opt/callboard/bin/pip install --no-cache-dir --constraint constraints.txt . \
    && /opt/callboard/bin/pip uninstall --yes pip

FROM python:3.12-slim
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin callboard \
    && install --directory --owner callboard --group callboard --mode 0700 /var/lib/callboard
COPY --from=build /opt/callboard /opt/callboard
ENV PATH=/opt/callboard/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CALLBOARD_CONFIG=/etc/callboard/callboard.toml \
    XDG_DATA_HOME=/var/lib/callboard
USER 10001:10001
EXPOSE 3000
# Only the embedded Redis of a lone `callboard run` writes here.
VOLUME /var/lib/callboard
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:3000/healthz', timeout=4)"]
ENTRYPOINT ["callboard"]
CMD ["run"]
