import CTestSupport
import Glibc
import SystemPackage

/// Starts a program with the three streams given.
func spawn(
    _ executable: String, _ arguments: [String], _ changes: [String: String?], _ directory: FilePath?,
    streams: [Int32]
) -> (pid: Int32, error: Int32) {
    var variables = processEnvironment()
    for (name, value) in changes { variables[name] = value }
    let environment = variables.map { "\($0.key)=\($0.value)" }
    var pid: Int32 = 0
    let error = unsafe withCStrings([executable] + arguments) { argv in
        unsafe withCStrings(environment) { envp in
            guard let directory else { return unsafe test_spawn(&pid, executable, argv, envp, nil, streams) }
            return unsafe directory.withPlatformString { unsafe test_spawn(&pid, executable, argv, envp, $0, streams) }
        }
    }
    return (pid, error)
}

/// The variables of this process.
public func processEnvironment() -> [String: String] {
    var result: [String: String] = [:]
    var entry: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = unsafe environ
    while let text = unsafe entry.pointee {
        let pair = unsafe String(cString: text)
        if let equals = pair.firstIndex(of: "=") {
            result[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
        }
        unsafe entry += 1
    }
    return result
}

private func withCStrings<R>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
) -> R {
    var pointers = unsafe strings.map { unsafe strdup($0) }
    unsafe pointers.append(nil)
    defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
    return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
}
