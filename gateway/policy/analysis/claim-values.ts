/** Values that a claim may have to be as a condition expects it. */
import type { ClaimExpectation, Scalar } from '../../domain.js'
import type { Parameters } from '../conditions.js'

/** A segment is compared as text; a number is equal to it where its text is. */
const asInteger = (segment: string): number[] => {
  const number = Number(segment)
  return Number.isSafeInteger(number) && String(number) === segment ? [number] : []
}

const valuesOf = (expectation: ClaimExpectation, parameters: Parameters): Scalar[] => {
  if ('equals' in expectation) return Number.isNaN(expectation.equals) ? [] : [expectation.equals]
  const segment = Object.hasOwn(parameters, expectation.segment) ? parameters[expectation.segment] : undefined
  return segment === undefined ? [] : [segment, ...asInteger(segment)]
}

/** All of them, of whatever type, each once; there is no other. */
export const expectedValues = (
  expectations: readonly ClaimExpectation[],
  parameters: Parameters
): readonly Scalar[] => [...new Set(expectations.flatMap((expectation) => valuesOf(expectation, parameters)))]

export const isText = (value: Scalar): value is string => typeof value === 'string'
