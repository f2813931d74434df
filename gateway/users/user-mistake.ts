export type UserMistakeKind =
  | 'bad_username'
  | 'username_taken'
  | 'no_such_user'
  | 'kept_elsewhere'
  | 'user_disabled'
  | 'no_such_session'
  | 'bad_password'
  | 'bad_role'
  | 'bad_attribute'
  | 'too_large'

/** What an operator asked for and cannot have; the message is one sentence for them. */
export class UserMistake extends Error {
  readonly kind: UserMistakeKind

  constructor(kind: UserMistakeKind, message: string) {
    super(message)
    this.name = 'UserMistake'
    this.kind = kind
  }
}
