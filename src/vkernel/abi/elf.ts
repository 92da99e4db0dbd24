/** ELF: elf(5), and the auxiliary vector of getauxval(3). */

// file types, machines
export const ELFOSABI_NONE = 0;
export const ET_NONE = 0;
export const ELFDATA2LSB = 1;
export const ET_REL = 1;
export const EV_CURRENT = 1;
export const ELFCLASS64 = 2;
export const ET_EXEC = 2;
export const ELFOSABI_GNU = 3;
export const ELFOSABI_LINUX = 3;
export const EM_386 = 3;
export const ET_DYN = 3;
export const EI_CLASS = 4;
export const ET_CORE = 4;
export const EI_DATA = 5;
export const EI_VERSION = 6;
export const EI_OSABI = 7;
export const EI_ABIVERSION = 8;
export const EI_PAD = 9;
export const EI_NIDENT = 16;
export const EM_X86_64 = 62;
export const EM_AARCH64 = 183;

// segments
export const PT_NULL = 0;
export const PF_X = 1;
export const PT_LOAD = 1;
export const PF_W = 2;
export const PT_DYNAMIC = 2;
export const PT_INTERP = 3;
export const PF_R = 4;
export const PT_NOTE = 4;
export const PT_SHLIB = 5;
export const PT_PHDR = 6;
export const PT_TLS = 7;
export const PN_XNUM = 65535;
export const PT_GNU_EH_FRAME = 0x6474e550;
export const PT_GNU_STACK = 0x6474e551;
export const PT_GNU_RELRO = 0x6474e552;
export const PT_GNU_PROPERTY = 0x6474e553;

// notes
export const NT_PRSTATUS = 1;
export const NT_FPREGSET = 2;
export const NT_PRFPREG = 2;
export const NT_PRPSINFO = 3;
export const NT_AUXV = 6;
export const NT_X86_XSTATE = 514;
export const NT_FILE = 0x46494c45;
export const NT_SIGINFO = 0x53494749;

// auxiliary vector
export const AT_NULL = 0;
export const AT_IGNORE = 1;
export const AT_EXECFD = 2;
export const AT_PHDR = 3;
export const AT_PHENT = 4;
export const AT_PHNUM = 5;
export const AT_PAGESZ = 6;
export const AT_BASE = 7;
export const AT_FLAGS = 8;
export const AT_ENTRY = 9;
export const AT_NOTELF = 10;
export const AT_UID = 11;
export const AT_EUID = 12;
export const AT_GID = 13;
export const AT_EGID = 14;
export const AT_PLATFORM = 15;
export const AT_HWCAP = 16;
export const AT_CLKTCK = 17;
export const AT_SECURE = 23;
export const AT_BASE_PLATFORM = 24;
export const AT_RANDOM = 25;
export const AT_HWCAP2 = 26;
export const AT_RSEQ_FEATURE_SIZE = 27;
export const AT_RSEQ_ALIGN = 28;
export const AT_EXECFN = 31;
export const AT_SYSINFO_EHDR = 33;
export const AT_MINSIGSTKSZ = 51;
