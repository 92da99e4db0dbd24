// Files of the command itself, mapped instead of read: of a megabyte of text most is never looked at, and what is lies in the page
// cache already.
#pragma once
#include <napi.h>

// mapBytes(path): an ArrayBuffer with the file's bytes, all of which will be read. Whoever writes into it writes into a copy.
Napi::Value MapBytes(const Napi::CallbackInfo& info);

// mapText(path): a string of the file's bytes, in Latin-1. The file must not change as long as the process lives; another one may take
// its name.
Napi::Value MapText(const Napi::CallbackInfo& info);
