import StrataFiles
import StrataModel
import StrataRefs

@testable import StrataTesting

extension CheckedStore {
    /// The stores that keep references themselves, for both hash functions: all laws for one, some for the other.
    static let physical: [CheckedStore] = HashAlgorithm.allCases.flatMap { algorithm in
        let all = [
            CheckedStore("memory, \(algorithm)") { _ in MemoryRefStore(hashAlgorithm: algorithm) },
            CheckedStore("loose, \(algorithm)", isOnDisk: true) { try $0.loose(algorithm) },
            CheckedStore("packed, \(algorithm)", isOnDisk: true) { try $0.packed(algorithm) },
            CheckedStore("files, \(algorithm)", isOnDisk: true) { try $0.files(algorithm) },
        ]
        return algorithm == .sha1 ? all : all.map { $0.sampled(oneIn: 4) }
    }

    /// Two stores of one directory, as two processes have them, which pack-refs is run on meanwhile.
    static let filesPackedMeanwhile = CheckedStore("files, by two, packed meanwhile", isOnDisk: true) { place in
        let directory = try place.gitDirectory()
        let handles = try (0..<3).map { _ in try filesStore(directory) }
        return SharedReferences(Array(handles.prefix(2))) {
            try handles[2].packRefs(.all, objects: EveryCommit(algorithm: .sha1))
        }
    }

    /// Every transaction in `packed-refs`.
    static let filesAllPacked = CheckedStore("files, all packed", isOnDisk: true) { place in
        try filesStore(place.gitDirectory(), packing: .from(1))
    }
    .sampled(oneIn: 3)
}
