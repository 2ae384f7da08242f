/**
 * A CPU that is a thread has ended, and what was given to it with it.
 *
 * - `stuck`: a program ran for longer than `Threads.patience` on one packet. Only programs that were wrongly accepted can: others have
 *   an end, or fuel.
 * - `failed`: something was thrown that is no fault of a program; `cause` has it.
 * - `closed`: the engine was disposed.
 */
export class CpuError extends Error {
  override readonly name = "CpuError";
  readonly cpu: number;
  readonly reason: "stuck" | "failed" | "closed";

  constructor(cpu: number, reason: CpuError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.cpu = cpu;
    this.reason = reason;
  }
}
