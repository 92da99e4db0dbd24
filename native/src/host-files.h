#pragma once
#include <napi.h>

// Files of the host, a call of JavaScript for each call of the host: see `HostFiles` in src/vkernel/cpu/binding.ts.
Napi::Object DefineHostFiles(Napi::Env env);
