/** Live traffic for the embedded engine on Linux, without eBPF in the kernel. Exported from `skep`. */

export type { LiveCounters, LiveDevice } from "./device.ts";
export { openRawDevice, type RawDeviceOptions } from "./raw.ts";
export { openTunDevice, type TunDeviceOptions } from "./tun.ts";
