#compdef og-bindgen og-doctor og-link-host og-run og-scan
# Completion of Omniglot's tools for zsh.

case $service in
og-bindgen)
    _arguments \
        '--output[the folder to write to]:folder:_directories' \
        '--list[print what would be bound, and write nothing]' \
        '--baselines[write the calls through what Omniglot is compared with, too]:folder:_directories' \
        '--wasm[with --baselines: calls of the library as a WebAssembly module]' \
        '--help[what it does]' \
        '*:interface file:_files'
    ;;
og-doctor)
    _arguments '--help[what it does]'
    ;;
og-link-host)
    _arguments '--help[what it does]' ':program:_files' '*::command:_normal'
    ;;
og-run)
    _arguments \
        '--isolation[how it is isolated]:isolation:(best mpk none)' \
        '--deadline[the call ends after so many milliseconds]:milliseconds' \
        '*--allow[a file, or folder, that the library may read]:path:_files' \
        '--float[the function returns a double]' \
        '--help[what it does]' \
        ':library:_files' ':function' '*:argument:_files'
    ;;
og-scan)
    _arguments '--host[the file is a program that opens domains]' '--help[what it does]' '*:file:_files'
    ;;
esac
