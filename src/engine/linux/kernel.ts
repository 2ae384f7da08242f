/** What every part of an open engine shares. */

import type { Descriptor, DescriptorLedger } from "./descriptors.ts";
import type { Facts } from "./facts.ts";
import type { KernelTypes } from "./kernel-types.ts";
import type { OlderKernel } from "./older/older-kernel.ts";
import type { Transport } from "./sys/transport.ts";

export interface Kernel {
  readonly transport: Transport;
  readonly ledger: DescriptorLedger;
  readonly facts: Facts;
  readonly types: KernelTypes;
  /** Possible CPUs: places in a per-CPU value. */
  readonly cpus: number;
  /** What is done otherwise there; absent on kernels that need none of it. Set by the engine, at the latest when types were refused. */
  older?: OlderKernel;
  /** For Specs with maps that are pinned by name. Set by the engine, before such a one is loaded. */
  pinned?: typeof import("./maps/pinned.ts");
  /** A BPF token (6.9), which goes with everything that is made. Set by the engine. */
  token?: Descriptor;
}
