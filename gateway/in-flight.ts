/** How many requests there are whose responses are not over. */
export interface InFlight {
  readonly size: () => number
  readonly add: () => void
  readonly remove: () => void
}

export function createInFlight(): InFlight {
  let size = 0
  return {
    size: () => size,
    add() {
      size += 1
    },
    remove() {
      size -= 1
    }
  }
}
