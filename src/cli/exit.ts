/** What a command's exit status means. Documented in `skep --help` and README.md; scripts rely on the numbers. */

export const EXIT = {
  ok: 0,
  /** Something nobody foresaw: a bug of Skep's. */
  failure: 1,
  usage: 2,
  /** The source was refused by the compiler. */
  source: 3,
  /** A file or a value that cannot be used. */
  input: 4,
  /** A verifier refused the program, or the program did what no verified program may. */
  refused: 5,
  /** This process may not do that. */
  privilege: 6,
  /** This kernel or engine does not have it. */
  feature: 7,
  /** The hook cannot be attached to. */
  attach: 8,
  /** Ended by Ctrl-C before the work was done. */
  interrupted: 130,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_HELP: readonly (readonly [ExitStatus, string])[] = [
  [EXIT.ok, "done"],
  [EXIT.failure, "an error in Skep itself"],
  [EXIT.usage, "wrong arguments"],
  [EXIT.source, "the source does not compile"],
  [EXIT.input, "a file or value cannot be used"],
  [EXIT.refused, "the verifier refused the program, or it faulted"],
  [EXIT.privilege, "not permitted: a capability is missing"],
  [EXIT.feature, "this kernel or engine does not have it, or clang is missing"],
  [EXIT.attach, "the hook cannot be attached to"],
  [EXIT.interrupted, "ended by Ctrl-C before the work was done"],
];

/** An error of the command line itself: one line for people and the status to end with. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly status: ExitStatus;

  constructor(status: ExitStatus, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}
