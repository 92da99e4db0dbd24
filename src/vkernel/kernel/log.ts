/** Where the kernel says what a guest cannot be told: unknown calls, killed processes. One line a message, without a newline. */
export type KernelLog = (line: string) => void;
