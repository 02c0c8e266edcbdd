import StrataModel
import Synchronization

/// A pack that a directory lists, opened when it is first asked.
final class PackHandle: Sendable {
    /// The path of the `.idx`.
    let path: BytePath
    private let algorithm: HashAlgorithm
    private let opened = AtomicLazyReference<Box>()
    private let failure = Mutex<ObjectLookupError?>(nil)

    private final class Box: Sendable {
        let pack: Pack
        init(_ pack: Pack) { self.pack = pack }
    }

    init(_ path: BytePath, algorithm: HashAlgorithm) {
        self.path = path
        self.algorithm = algorithm
    }

    /// The pack; nil when one of its files is gone. A corrupt pack stays corrupt; what could not be read is tried anew.
    func pack() throws(ObjectLookupError) -> Pack? {
        if let box = opened.load() { return box.pack }
        return try failure.withLock { failure throws(ObjectLookupError) -> Pack? in
            if let box = opened.load() { return box.pack }
            if let failure { throw failure }
            do throws(ObjectLookupError) {
                guard let indexFile = try MappedBytes(path) else { return nil }
                let index = try PackIndex(indexFile, algorithm: algorithm)
                guard let packFile = try MappedBytes(path.replacingIndexSuffix(with: "pack")) else { return nil }
                return opened.storeIfNil(Box(try Pack(packFile, index: index))).pack
            } catch {
                if error.code == .corrupt { failure = error }
                throw error
            }
        }
    }
}
