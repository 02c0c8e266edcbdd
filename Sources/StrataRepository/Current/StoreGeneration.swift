import StrataFiles
import StrataIO
import StrataRefs
import SystemPackage

/// What tells the references before a move from those after it: the contents of `<common dir>/strata/generation`, which each move writes anew
/// before `config` names the new store. Without that file nothing was ever moved.
///
/// Bytes that are compared and mean nothing: whatever stands there is as good. A file that cannot be read is like no other.
struct StoreGeneration: Equatable {
    private let bytes: [UInt8]?

    /// That of the repository with `commonDirectory`.
    init(of commonDirectory: FilePath) {
        do throws(FileError) {
            bytes = try readFile(Self.path(commonDirectory), limit: Self.limit)
        } catch {
            bytes = Array(randomHex().utf8)
        }
    }

    private static let limit = 4096

    private static func path(_ commonDirectory: FilePath) -> FilePath {
        commonDirectory.appending("strata").appending("generation")
    }

    /// Begins a new one. Not synced: no process outlives the loss of power that it may not survive.
    static func begin(_ place: MigrationPlace) throws(RefError) {
        let new = Array((randomHex() + randomHex() + "\n").utf8)
        try filing { () throws(FileError) in
            try Disk.replace(path(place.common), with: new, durability: .none, sharing: place.sharing)
        }
    }
}
