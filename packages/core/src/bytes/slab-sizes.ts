export const MIB: number = 1024 * 1024;

/** A slab where there is room for several of them, in bytes: the larger, the fewer turns and system calls a byte costs. */
export const LARGE_SLAB: number = MIB;

/** A slab where many transfers share the budget, in bytes. */
export const SMALL_SLAB: number = 256 * 1024;

/** The slabs of one transfer: one fills while another is sent, and more than four gained nothing. */
export const LEAST_SLABS = 2;
export const MOST_SLABS = 4;
