import Glibc
import StrataHash
import StrataIO
import StrataModel
import StrataObjects
import SystemPackage
import TestSupport

/// An empty repository of git's to write loose objects into.
struct LoosePlace {
    let directory: TemporaryDirectory
    let algorithm: HashAlgorithm

    init(_ algorithm: HashAlgorithm = .sha1) throws {
        self.algorithm = algorithm
        directory = try (try? TemporaryDirectory(in: "/dev/shm")) ?? TemporaryDirectory()
        try git("init", "--quiet", "--bare", "--object-format=\(algorithm.name)", "--template=", ".")
    }

    var path: FilePath { directory.path }
    var objects: FilePath { path.appending("objects") }

    @discardableResult
    func git(_ arguments: String..., stdin: [UInt8] = []) throws -> String {
        try TestSupport.git(arguments, in: path, stdin: stdin)
    }

    func store(_ writing: ObjectWriting = ObjectWriting()) -> LooseObjectStore {
        LooseObjectStore(directory: objects, algorithm: algorithm, writing: writing)
    }

    func file(_ id: ObjectID) -> FilePath { objects.appending("\(id.hex.prefix(2))/\(id.hex.dropFirst(2))") }

    /// The files below the object directory that are no loose objects.
    var litter: [String] {
        var found: [String] = []
        for name in names(in: objects) where name != "info" && name != "pack" {
            let inside = objects.appending(name)
            guard name.utf8.count == 2, (try? FileStat.stat(inside)?.kind) == .directory else {
                found.append(name)
                continue
            }
            for file in names(in: inside) where file.utf8.count != algorithm.hexCount - 2 {
                found.append("\(name)/\(file)")
            }
        }
        return found
    }

    /// Puts a file where the object `id` should be, whatever stands there.
    func put(_ bytes: [UInt8], as id: ObjectID) throws {
        try Disk.makeDirectories(file(id).removingLastComponent())
        try replace(file(id), with: bytes)
    }
}

/// Bytes that no two numbers have in common, and that deflate to about two thirds.
func someBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var generator = SplitMix64(seed: seed)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
        var word = generator.next() & 0x3f1f_3f1f_3f1f_3f1f
        for _ in 0..<8 {
            bytes.append(UInt8(truncatingIfNeeded: word) + 32)
            word >>= 8
        }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
}

/// A stream of `size` bytes that are made as they are asked for.
final class MadeStream: ObjectStream {
    let kind = ObjectKind.blob
    let size: UInt64
    private var left: UInt64
    private let pieceSize: Int
    private var piece: UInt8 = 0

    /// - Parameter claiming: the size that the stream says it has, if not its own.
    init(_ size: UInt64, claiming: UInt64? = nil, pieces pieceSize: Int = 100_000) {
        self.size = claiming ?? size
        left = size
        self.pieceSize = pieceSize
    }

    func next(_ chunk: inout [UInt8]) -> Bool {
        guard left > 0 else { return false }
        let count = Int(min(left, UInt64(pieceSize)))
        chunk = [UInt8](repeating: piece, count: count)
        piece &+= 1
        left -= UInt64(count)
        return true
    }
}
