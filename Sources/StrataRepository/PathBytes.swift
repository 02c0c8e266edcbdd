#if canImport(Glibc)
    import Glibc
#endif

/// Paths as git handles them: bytes, joined and resolved without any normalising of what the user wrote.
enum PathBytes {
    static let slash = UInt8(ascii: "/")

    static func isAbsolute(_ path: some Collection<UInt8>) -> Bool { path.first == slash }

    /// `path` seen from `directory`.
    static func join(_ directory: [UInt8], _ path: [UInt8]) -> [UInt8] {
        if isAbsolute(path) || directory.isEmpty { return path }
        return directory.last == slash ? directory + path : directory + [slash] + path
    }

    /// `directory` with `/name` after it, as git writes it into messages: also after a slash.
    static func child(_ directory: [UInt8], _ name: StaticString) -> [UInt8] {
        name.withUTF8Buffer { unsafe directory + [slash] + $0 }
    }

    /// The bytes up to and with the last slash; empty when there is none.
    static func directoryPart(_ path: [UInt8]) -> ArraySlice<UInt8> {
        path.lastIndex(of: slash).map { path[...$0] } ?? []
    }

    /// `path` without `suffix` at its end.
    static func strip(_ suffix: StaticString, from path: [UInt8]) -> [UInt8] {
        suffix.withUTF8Buffer { buffer in
            guard path.count >= buffer.count, unsafe path.suffix(buffer.count).elementsEqual(buffer) else {
                return path
            }
            return Array(path.dropLast(buffer.count))
        }
    }

    static func hasPrefix(_ path: some Collection<UInt8>, _ prefix: StaticString) -> Bool {
        prefix.withUTF8Buffer { unsafe path.starts(with: $0) }
    }

    static func equals(_ a: some Collection<UInt8>, _ b: StaticString) -> Bool {
        b.withUTF8Buffer { unsafe a.elementsEqual($0) }
    }

    /// Why a path has no real path.
    enum RealPathFailure: Error {
        case empty
        case invalid(path: [UInt8], errno: Int32)
        case tooManyLinks

        var errno: Int32 {
            switch self {
            case .empty: ENOENT
            case .invalid(_, let code): code
            case .tooManyLinks: ELOOP
            }
        }
    }

    /// `path`, seen from the absolute `directory`, with every symbolic link, `.`, `..` and doubled slash resolved.
    ///
    /// The last component may be missing; with `allowsMissing` any number may. Answers to git's `strbuf_realpath`.
    static func realPath(
        _ path: [UInt8], from directory: [UInt8], allowsMissing: Bool = false
    ) throws(RealPathFailure) -> [UInt8] {
        guard !path.isEmpty else { throw .empty }
        // The components still to be walked, the next one last.
        var remaining = components(of: path)
        var resolved = isAbsolute(path) ? [slash] : directory
        var links = 0
        while let component = remaining.popLast() {
            if component == [UInt8(ascii: ".")] { continue }
            if component == [UInt8(ascii: "."), UInt8(ascii: ".")] {
                stripLast(&resolved)
                continue
            }
            if resolved.last != slash { resolved.append(slash) }
            resolved += component
            switch FileAccess.status(resolved, followingLinks: false) {
            case .failed(let code):
                guard code == ENOENT, allowsMissing || remaining.isEmpty else {
                    throw .invalid(path: resolved, errno: code)
                }
            case .status(let status) where status.isLink:
                links += 1
                guard links <= 33 else { throw .tooManyLinks }
                guard let target = FileAccess.readLink(resolved) else {
                    throw .invalid(path: resolved, errno: errno)
                }
                if isAbsolute(target) { resolved = [slash] } else { stripLast(&resolved) }
                remaining += components(of: target)
            case .status: break
            }
        }
        return resolved
    }

    /// The real path of a directory.
    static func realDirectory(_ path: [UInt8], from directory: [UInt8]) throws(RealPathFailure) -> [UInt8] {
        let real = try realPath(path, from: directory)
        switch FileAccess.status(real) {
        case .status(let status) where status.isDirectory: return real
        case .status: throw .invalid(path: real, errno: ENOTDIR)
        case .failed(let code): throw .invalid(path: real, errno: code)
        }
    }

    /// The components of `path`, the last one first.
    private static func components(of path: [UInt8]) -> [ArraySlice<UInt8>] {
        path.split(separator: slash).reversed()
    }

    private static func stripLast(_ path: inout [UInt8]) {
        while path.count > 1, path.last != slash { path.removeLast() }
        while path.count > 1, path.last == slash { path.removeLast() }
    }

    /// The offset in `path` at which the part below `directory` begins, or nil when `path` is not it or below it.
    static func offset(of path: [UInt8], inside directory: [UInt8]) -> Int? {
        guard path.starts(with: directory) else { return nil }
        if directory.last == slash || path.count == directory.count { return directory.count }
        return path[directory.count] == slash ? directory.count + 1 : nil
    }
}
