import Glibc

/// What libFuzzer calls with each input; `STRATA_FUZZ` names the format. A finding ends the process, so that libFuzzer keeps the input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    do {
        try formatUnderTest.check(bytes)
    } catch {
        complain("finding in \(formatUnderTest.rawValue): \(error)")
        abort()
    }
    return 0
}

private let formatUnderTest: FuzzFormat = {
    let name = unsafe getenv("STRATA_FUZZ").map { unsafe String(cString: $0) } ?? ""
    guard let format = FuzzFormat(rawValue: name) else {
        complain("STRATA_FUZZ must be one of \(FuzzFormat.allCases.map(\.rawValue).joined(separator: ", "))")
        exit(2)
    }
    return format
}()

private func complain(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
