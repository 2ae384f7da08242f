/** What every part of an open engine shares. */

import type { DescriptorLedger } from "./descriptors.ts";
import type { Facts } from "./facts.ts";
import type { KernelTypes } from "./kernel-types.ts";
import type { Transport } from "./sys/transport.ts";

export interface Kernel {
  readonly transport: Transport;
  readonly ledger: DescriptorLedger;
  readonly facts: Facts;
  readonly types: KernelTypes;
  /** Possible CPUs: places in a per-CPU value. */
  readonly cpus: number;
}
