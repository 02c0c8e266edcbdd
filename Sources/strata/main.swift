import StrataCommand

#if canImport(Glibc)
    import Glibc
#endif

// As git does: whoever started us may have ignored SIGPIPE, but a reader that goes away is to end us quietly.
_ = signal(SIGPIPE, SIG_DFL)

var arguments: [[UInt8]] = []
for index in 1..<max(1, Int(CommandLine.argc)) {
    guard let text = unsafe CommandLine.unsafeArgv[index] else { break }
    unsafe arguments.append([UInt8](UnsafeRawBufferPointer(start: text, count: strlen(text))))
}
exit(StrataMain.run(arguments: arguments, console: .process()).rawValue)
