/** Why the store cannot be opened, in one line that an operator can act on; there is nothing to retry. */
export class StoreRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'StoreRefused'
  }
}
