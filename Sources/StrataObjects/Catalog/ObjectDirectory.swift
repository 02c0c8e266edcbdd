import StrataIO
import StrataModel
import SystemPackage

/// One object directory of a repository, its own or an alternate, as it was listed.
struct ObjectDirectory: Sendable {
    let path: BytePath
    /// The path without symbolic links.
    let real: BytePath
    let loose: LooseObjects
    /// What packs and alternates are listed in, and how it looked when they were.
    private let stamps: [(path: FilePath, stamp: StatStamp)]

    /// Notes how the directory looks, before it is listed.
    ///
    /// - Parameter loose: what is known of its loose objects.
    init(_ path: BytePath, real: BytePath, _ loose: LooseObjects) throws(ObjectError) {
        self.path = path
        self.real = real
        self.loose = loose
        do throws(FileError) {
            stamps = try [path.appending("pack"), path.appending("info/alternates")].map { path throws(FileError) in
                let path = path.filePath
                return (path, try StatStamp.of(path))
            }
        } catch {
            throw .unavailable(error)
        }
    }

    /// Whether what it lists may have changed since.
    var mayBeStale: Bool {
        stamps.contains { path, stamp in
            guard let now = try? StatStamp.of(path) else { return true }
            return !now.provesUnchanged(since: stamp)
        }
    }
}
