/** What tests use of the package, which brings no types. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  export interface Client {
    readonly clientId: string
  }

  export class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>)
    readonly callback: () => RequestListener
    readonly Client: { readonly find: (clientId: string) => Promise<Client | undefined> }
    readonly IdToken: new (
      claims: Readonly<Record<string, unknown>>,
      options: { readonly client: Client }
    ) => {
      scope: string
      set: (claim: string, value: unknown) => void
      issue: (options: { use: 'idtoken' }) => Promise<string>
    }
  }
}
