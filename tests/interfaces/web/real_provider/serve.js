// A certified OpenID provider on a port of this machine. It takes any name with any password; `sub` is the name.
import { createServer } from "node:http"
import Provider from "oidc-provider"

const client = JSON.parse(process.argv[2])
const server = createServer()
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://localhost:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: [client],
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      backchannelLogout: { enabled: true },
    },
    cookies: { keys: ["only for tests"] },
    // By default it tells nobody on this machine, and gives up after 2.5 seconds.
    fetch: (url, { dispatcher, signal, ...options }) => globalThis.fetch(url, options),
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  })
  server.on("request", provider.callback())
  console.log(issuer)
})
process.stdin.resume()
process.stdin.on("end", () => process.exit())
