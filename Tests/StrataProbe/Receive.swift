import StrataIO
import StrataModel
import StrataObjects
import SystemPackage

/// receive <repository> <pack> <n> before|after: receives a thin pack and is stopped at the n-th change; never for 0.
func receive(_ arguments: [String]) throws {
    let repository = FilePath(arguments[0])
    let objects = repository.appending("objects")
    let pack = try FileDescriptor.open(FilePath(arguments[1]), .readOnly)
    let number = Int(arguments[2]) ?? 0
    let session = DiskFaults.install(
        .init(
            under: repository, at: number, number == 0 ? .observe : arguments[3] == "before" ? .stopBefore : .stopAfter)
    )
    let store = FilesObjectStore(objectDirectory: objects, algorithm: .sha1).refreshing(.never)
    var indexer = PackIndexer(algorithm: .sha1, store: store)
    indexer.completesThinPacks = true
    indexer.keep = Array("kept".utf8)
    indexer.promisor = []
    indexer.packDurability = .full
    indexer.indexDurability = .full
    _ = try indexer.receive(DescriptorSource(pack, name: "pack"), into: objects)
    session.remove()
}
