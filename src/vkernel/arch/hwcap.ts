/** What the auxiliary vector says of the virtual CPU (getauxval(3)). The back end's CPUID says the same. */

/** AT_HWCAP: CPUID leaf 1, EDX. */
export const HWCAP = 0x0789_a17d;
/** AT_HWCAP2: HWCAP2_FSGSBASE. */
export const HWCAP2 = 0x2;
