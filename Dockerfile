FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY gateway gateway
RUN npx tsc && npm prune --omit=dev

FROM node:24-slim
# The container is the host here: its own loopback would be reached by nobody.
ENV NODE_ENV=production PORTCULLIS_LISTEN=0.0.0.0:8080
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist/gateway dist/gateway
COPY gateway.yaml ./
COPY config config
RUN mkdir -m 0700 data && chown node:node data
USER node
# All that is ever written; the rest may be mounted read-only (docker run --read-only).
VOLUME /app/data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9901/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/gateway/cli/main.js"]
CMD ["start"]
