{
  "variables": { "own_library%": "", "own_include%": "", "stock_library%": "", "stock_include%": "" },
  "target_defaults": {
    "sources": [
      "src/abort-guard.cc",
      "src/binding.cc",
      "src/cpuid.cc",
      "src/decoder.cc",
      "src/engine-start.cc",
      "src/engine.cc",
      "src/fxsave.cc",
      "src/host-files.cc",
      "src/live-registers.cc",
      "src/prepared-engine.cc",
      "src/program-file.cc",
      "src/ram.cc"
    ],
    "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
    "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS"],
    "cflags_cc": ["-O2", "-Wall", "-Wextra", "-Wno-unused-parameter"],
    "conditions": [
      ["OS=='linux'", { "ldflags": ["-Wl,-rpath,'$$ORIGIN'"] }],
      [
        "OS=='mac'",
        {
          "xcode_settings": {
            "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
            "GCC_OPTIMIZATION_LEVEL": "2",
            "OTHER_LDFLAGS": ["-Wl,-rpath,@loader_path"]
          }
        }
      ]
    ]
  },
  "conditions": [
    [
      "own_library!=''",
      {
        "targets": [
          {
            "target_name": "vkernel-own",
            "include_dirs": ["<(own_include)"],
            "defines": ["OWN_ENGINE=1"],
            "libraries": ["<(own_library)", "-Wl,--exclude-libs,ALL", "-lm", "-lpthread"]
          }
        ]
      }
    ],
    [
      "stock_library!=''",
      {
        "targets": [
          {
            "target_name": "vkernel-stock",
            "include_dirs": ["<(stock_include)"],
            "defines": ["OWN_ENGINE=0"],
            "libraries": ["<(stock_library)"]
          }
        ]
      }
    ]
  ]
}
