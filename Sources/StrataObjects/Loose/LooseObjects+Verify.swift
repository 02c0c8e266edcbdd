import StrataHash
public import StrataModel

extension LooseObjects {
    /// Reads all of an object, in flat memory, and makes sure that its contents give its id; nil when there is no file for it.
    ///
    /// - Throws: `corrupt` when the file is damaged or is another object's, `collision` when it is part of an attack on SHA-1.
    func verify(_ id: ObjectID) throws(ObjectError) -> ObjectHeader? {
        let path = path(of: id)
        guard let stream = try stream(at: path) else { return nil }
        let found = try stream.id(algorithm)
        guard found == id else { throw .corrupt(path, object: id, "hash mismatch: contents are those of \(found)") }
        return ObjectHeader(kind: stream.kind, size: stream.size)
    }
}

extension ObjectStream {
    /// The id of what is left of the stream, all of it when nothing has been read.
    public func id(_ algorithm: HashAlgorithm) throws(ObjectError) -> ObjectID {
        var hasher = ObjectHasher(kind, size: size, algorithm: algorithm)
        var chunk: [UInt8] = []
        while try next(&chunk) { hasher.update(chunk.span) }
        return try hasher.finish()
    }

    /// Whether both are of one kind and give the same bytes from here on.
    func gives(theSameAs other: any ObjectStream) throws(ObjectError) -> Bool {
        guard kind == other.kind, size == other.size else { return false }
        var (mine, theirs) = ([UInt8](), [UInt8]())
        var (restOfMine, restOfTheirs) = (mine[...], theirs[...])
        while true {
            if restOfMine.isEmpty { restOfMine = try next(&mine) ? mine[...] : [] }
            if restOfTheirs.isEmpty { restOfTheirs = try other.next(&theirs) ? theirs[...] : [] }
            let count = min(restOfMine.count, restOfTheirs.count)
            if count == 0 { return restOfMine.isEmpty && restOfTheirs.isEmpty }
            guard restOfMine.prefix(count).elementsEqual(restOfTheirs.prefix(count)) else { return false }
            restOfMine = restOfMine.dropFirst(count)
            restOfTheirs = restOfTheirs.dropFirst(count)
        }
    }
}
