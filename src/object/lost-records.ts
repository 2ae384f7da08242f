/**
 * Kernels do not count the records that found no room in a ring buffer: whoever reserved got null, and that was it. So programs of the language count them,
 * in a variable beside their own, and so may any other: a `__u64` with the ring's name behind this.
 */
export const lostCounter = (ring: string): string => `____lost_${ring}`;
