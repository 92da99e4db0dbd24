/** Extended attributes (linux/xattr.h, linux/limits.h). */
export const XATTR_CREATE = 1;
export const XATTR_REPLACE = 2;

export const XATTR_NAME_MAX = 255;
export const XATTR_SIZE_MAX = 65536;
