/** One reason why an input is not a valid instance of its class. */
export interface DtoProblem {
  /** Path of the property, such as `items.0.name`; empty when the input as a whole is at fault. */
  readonly property: string;
  /** Name of the violated constraint, such as `maxLength`. */
  readonly rule: string;
  /** The text of class-validator, or of the decorator's `message` option. */
  readonly message: string;
}

/** What {@link DtoPlan.read} returns for an input it does not accept. */
export class DtoProblems {
  /**
   * @param problems what is wrong with the input; meant for the client
   * @param cause what a transformer, a validator or the class's constructor threw while reading; for the log, not for the client
   */
  constructor(
    readonly problems: readonly DtoProblem[],
    readonly cause?: unknown,
  ) {}
}
