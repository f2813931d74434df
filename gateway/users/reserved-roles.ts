/** Roles of the operator's door, `portcullis:…`: an operator gives them here, and no other program's list does. */
export const isReservedRole = (role: string): boolean => role.startsWith('portcullis:')
