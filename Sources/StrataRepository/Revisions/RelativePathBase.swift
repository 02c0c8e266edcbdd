import StrataIO
import SystemPackage

/// Where a path that starts with `./` or `../` starts from: the caller's place in the working tree.
public struct RelativePathBase: Sendable {
    /// The top of the working tree.
    let top: FilePath
    /// The caller's directory below it, with a slash at its end; empty at the top.
    let prefix: [UInt8]

    /// The place of the caller who opened the repository; nil outside of its working tree.
    public init?(_ location: RepositoryLocation) {
        guard let top = location.workTree, location.workingDirectory == top.bytes else { return nil }
        self.top = top
        prefix = location.prefix ?? []
    }

    /// The path from the top that `path` means. Only one that starts with `./` or `../` is changed. Git's function: `resolve_relative_path`.
    public static func whole(_ path: [UInt8], from base: RelativePathBase?) throws(RevisionFailure) -> [UInt8] {
        guard path.starts(with: "./".utf8) || path.starts(with: "../".utf8) else { return path }
        guard let base else { throw .relativePathOutside }
        var names: [ArraySlice<UInt8>] = []
        for name in (base.prefix + path).split(separator: UInt8(ascii: "/")) {
            if name.elementsEqual(".".utf8) { continue }
            guard name.elementsEqual("..".utf8) else {
                names.append(name)
                continue
            }
            if names.popLast() == nil { throw .pathOutside(path, top: base.top) }
        }
        let joined = Array(names.joined(separator: [UInt8(ascii: "/")]))
        return path.last == UInt8(ascii: "/") && !joined.isEmpty ? joined + [UInt8(ascii: "/")] : joined
    }
}
