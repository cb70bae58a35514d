# Build with everything, run with little. The commands of the build stage are what `npm run build`
# runs anywhere else; nothing here needs a compiler, since every native part ships prebuilt.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY bench ./bench
RUN OUTRIGGER_SKIP_PREPARE=1 npm ci && npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    OUTRIGGER_HOST=0.0.0.0 \
    OUTRIGGER_PORT=8890 \
    OUTRIGGER_DATA=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY config ./config
COPY README.md LICENSE ./
# An fsync holds a thread of libuv's pool; the default of 4 would let a busy disk delay DNS and crypto.
ENV UV_THREADPOOL_SIZE=8
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8890
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.OUTRIGGER_PORT + '/outrigger/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve", "--config", "/etc/outrigger/outrigger.yaml"]
