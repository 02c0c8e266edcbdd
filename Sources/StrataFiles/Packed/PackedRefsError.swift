import StrataModel
import StrataRefs
import SystemPackage

/// What can be wrong with a `packed-refs` file, in git's words.
enum PackedRefsError {
    /// A line that is no record, from `line` on. Git's function: `die_invalid_line`.
    @unsafe
    @inline(never)
    static func unexpectedLine(
        _ path: FilePath, _ line: UnsafePointer<UInt8>, before end: UnsafePointer<UInt8>
    ) -> RefError {
        let rest = unsafe UnsafeBufferPointer(start: line, count: end - line)
        guard let feed = unsafe rest.firstIndex(of: 0x0a) else {
            return unsafe unterminatedLine(path, line, before: end)
        }
        return unsafe corrupt(path, "unexpected line in \(path): \(excerpt(rest, count: feed))")
    }

    /// A last line without a line feed. Git's function: `die_unterminated_line`.
    @unsafe
    @inline(never)
    static func unterminatedLine(
        _ path: FilePath, _ line: UnsafePointer<UInt8>, before end: UnsafePointer<UInt8>
    ) -> RefError {
        let rest = unsafe UnsafeBufferPointer(start: line, count: end - line)
        return unsafe corrupt(path, "unterminated line in \(path): \(excerpt(rest, count: rest.count))")
    }

    /// A name with a NUL inside.
    static func nul(_ path: FilePath, name: [UInt8]) -> RefError {
        corrupt(
            path, "packed refname contains embedded NULL: \(String(decoding: name.prefix { $0 != 0 }, as: UTF8.self))")
    }

    /// A name that could lead anywhere.
    static func dangerous(_ path: FilePath, name: [UInt8]) -> RefError {
        corrupt(path, "packed refname is dangerous: \(String(decoding: name, as: UTF8.self))")
    }

    /// A name that stands behind names that it sorts before, although the file says that it is sorted.
    static func unsorted(_ path: FilePath, name: [UInt8]) -> RefError {
        corrupt(
            path, "packed-refs is not sorted: '\(String(decoding: name, as: UTF8.self))' is out of place in \(path)")
    }

    private static func corrupt(_ path: FilePath, _ message: String) -> RefError {
        RefError(.corrupt, message, path: path.string)
    }

    /// The line as far as git shows it: up to a NUL, and not more than 75 bytes of 80 or more.
    private static func excerpt(_ line: UnsafeBufferPointer<UInt8>, count: Int) -> String {
        let shown = unsafe line.prefix(count < 80 ? count : 75).prefix { $0 != 0 }
        return String(decoding: unsafe Array(shown), as: UTF8.self) + (count < 80 ? "" : "...")
    }
}
