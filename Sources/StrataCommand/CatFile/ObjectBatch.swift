import StrataModel
import StrataObjects

/// The loop of `cat-file --batch…`: objects that are asked for by name, or all, written one after the other.
///
/// A full id goes straight to the store, and nothing is allocated for an object but its contents. Git's functions: `batch_objects`,
/// `batch_one_object`, `batch_object_write`.
final class ObjectBatch {
    struct Request {
        var format = BatchFormat.standard
        var filter: BatchFilter?
        /// What ends a line of the input, and one of the output.
        var inputEnd: UInt8 = 0x0a
        var outputEnd: UInt8 = 0x0a
        /// Whether output waits for a full buffer, or for `flush`.
        var isBuffered = false
    }

    let request: Request
    let objects: any ObjectStore
    let repository: CommandRepository
    let console: Console
    /// What is asked of each object.
    private let fields: ObjectFields
    private let ahead = BatchAhead()
    /// The line that was read last, without its end.
    private var line: Bytes = []
    /// Whether there was nothing in that line but its end. Git counts a NUL as a part of the line.
    private(set) var isEmptyLine = false

    init(_ request: Request, _ objects: any ObjectStore, _ repository: CommandRepository, _ console: Console) {
        self.request = request
        self.objects = objects
        self.repository = repository
        self.console = console
        fields = request.format.fields.union(request.filter?.fields ?? [])
        // Who waits for an answer gets it; who does not, gets many at once.
        if !request.isBuffered { console.input.beforeWaiting = { console.output.flush() } }
    }

    // MARK: - Objects by name

    /// Answers for each line of the input.
    func answerLines(withContents: Bool) throws(CommandExit) {
        while true {
            if ahead.isUsedUp { lookAhead(withContents) }
            guard try readLine() else { return }
            guard request.format.splitsLines, let end = line.firstIndex(where: { $0 == 0x20 || $0 == 0x09 }) else {
                try answer(line[...], rest: [], withContents: withContents)
                continue
            }
            let rest = line[end...].drop { $0 == 0x20 || $0 == 0x09 }
            try answer(line[..<end], rest: rest, withContents: withContents)
        }
    }

    /// Looks for what the lines that have been read already name.
    private func lookAhead(_ withContents: Bool) {
        let (objects, fields) = (objects, fields)
        ahead.look(
            at: console.input.waiting, objects.algorithm, end: request.inputEnd,
            splitsLines: request.format.splitsLines
        ) { Self.look($0, withContents, fields, in: objects) }
    }

    /// Reads a line into ``line``; false at the end of the input. As in C, a NUL ends what counts of it.
    func readLine() throws(CommandExit) -> Bool {
        line.removeAll(keepingCapacity: true)
        guard try console.input.appendLine(terminator: request.inputEnd, to: &line) else { return false }
        if line.last == request.inputEnd {
            line.removeLast()
            if request.inputEnd == 0x0a, line.last == 0x0d { line.removeLast() }
        }
        isEmptyLine = line.isEmpty && request.inputEnd != 0
        if request.inputEnd != 0, let end = line.firstIndex(of: 0) { line.removeSubrange(end...) }
        return true
    }

    /// Reads the next line; nil at the end of the input.
    func nextLine() throws(CommandExit) -> Bytes? { try readLine() ? line : nil }

    /// Answers for the object called `name`.
    func answer(_ name: ArraySlice<UInt8>, rest: ArraySlice<UInt8>, withContents: Bool) throws(CommandExit) {
        let digits = name.span
        if digits.count == objects.algorithm.hexCount, let id = ObjectID(hex: digits) {
            return try write(id, called: name, rest: rest, mode: nil, withContents)
        }
        switch try repository.find(Bytes(name)) {
        case .found(let id, let mode): try write(id, called: name, rest: rest, mode: mode, withContents)
        case .missing: report("missing", name)
        case .ambiguous: report("ambiguous", name)
        }
    }

    /// Instead of an object: its name and what is the matter.
    private func report(_ status: StaticString, _ name: ArraySlice<UInt8>) {
        console.output.append { output in
            output.append(contentsOf: name)
            output.append(0x20)
            unsafe output.append(
                contentsOf: UnsafeBufferPointer(start: status.utf8Start, count: status.utf8CodeUnitCount))
            output.append(request.outputEnd)
        }
    }

    private func write(
        _ id: ObjectID, called name: ArraySlice<UInt8>, rest: ArraySlice<UInt8>, mode: TreeEntryMode?,
        _ withContents: Bool
    ) throws(CommandExit) {
        guard let (info, contents) = try look(id, withContents, in: nil) else {
            return mode == .submodule ? report("submodule", Bytes(id.hex)[...]) : report("missing", name)
        }
        if request.filter?.leavesOut(info) ?? false { return report("excluded", name) }
        try write(id, info, contents, rest: rest, mode: mode, withContents)
    }

    // MARK: - All objects

    /// Answers for every object of the repository.
    func answerAll(isUnordered: Bool, withContents: Bool) throws(CommandExit) {
        let order = isUnordered ? ObjectOrder.asStored(repeating: false) : .byID
        let cursor = try asking { () throws(ObjectError) in try objects.cursor(order) }
        // Of a copy in one of several places these say the same. Without contents the walk, which knows the place, is faster than two threads that look
        // for it.
        if withContents, fields.isSubset(of: [.kind, .size]) { return try answerAhead(cursor) }
        while let id = try asking({ () throws(ObjectError) in try cursor.next() }) {
            guard let (info, contents) = try look(id, withContents, in: cursor) else {
                report("missing", Bytes(id.hex)[...])
                continue
            }
            if request.filter?.leavesOut(info) ?? false { continue }
            try write(id, info, contents, rest: [], mode: nil, withContents)
        }
    }

    /// The same with contents, many objects at a time.
    private func answerAhead(_ cursor: any ObjectCursor) throws(CommandExit) {
        let (objects, fields) = (objects, fields)
        while true {
            let ids = try asking { () throws(ObjectError) in
                try ahead.look(along: { () throws(ObjectError) in try cursor.next() }) {
                    Self.look($0, true, fields, in: objects)
                }
            }
            if ids.isEmpty { return }
            for id in ids {
                guard let (info, contents) = try look(id, true, in: nil) else {
                    report("missing", Bytes(id.hex)[...])
                    continue
                }
                if request.filter?.leavesOut(info) ?? false { continue }
                try write(id, info, contents, rest: [], mode: nil, true)
            }
        }
    }

    // MARK: - Looking and writing

    /// What is to be said of the object, with its contents where those are wanted and tell the rest too; nil when it is missing.
    ///
    /// - Parameter cursor: a walk that gave the object last.
    private func look(
        _ id: ObjectID, _ withContents: Bool, in cursor: (any ObjectCursor)?
    ) throws(CommandExit) -> (info: ObjectInfo, contents: ObjectContents?)? {
        guard let cursor else {
            switch ahead.take(id) ?? Self.look(id, withContents, fields, in: objects) {
            case .success(let answer): return answer
            case .failure(let error):
                if error.isMissingReplacement { return nil }
                if error.concernsReplacements { throw .fatal(error.cause) }
                // As for git, what cannot be read is missing to whoever reads the output; the errors tell why.
                console.errors.error(Bytes(error.description))
                return nil
            }
        }
        do throws(ObjectError) {
            let wanted = withContents ? fields.union([.kind, .size]) : fields
            if wanted.isEmpty { return (ObjectInfo(), nil) }
            guard let info = try cursor.info(wanted) else { return nil }
            return (info, nil)
        } catch {
            console.errors.error(Bytes(error.description))
            return nil
        }
    }

    /// The same without a walk, on any thread.
    private static func look(
        _ id: ObjectID, _ withContents: Bool, _ fields: ObjectFields, in objects: any ObjectStore
    ) -> BatchAhead.Found {
        // One look at the store instead of two. What is large or damaged is not for this.
        if withContents, fields.isSubset(of: [.kind, .size]),
            let contents = try? objects.read(id, limit: smallSize)
        {
            return .success((ObjectInfo(kind: contents.kind, size: UInt64(contents.bytes.count)), contents))
        }
        let wanted = withContents ? fields.union([.kind, .size]) : fields
        do throws(ObjectError) {
            guard let info = try objects.info(of: id, wanted) else { return .success(nil) }
            return .success((info, nil))
        } catch {
            return .failure(error)
        }
    }

    /// What is larger is written piece by piece.
    private static let smallSize = 4 << 20

    private func write(
        _ id: ObjectID, _ info: ObjectInfo, _ contents: ObjectContents?, rest: ArraySlice<UInt8>,
        mode: TreeEntryMode?, _ withContents: Bool
    ) throws(CommandExit) {
        console.output.append { output in
            request.format.append(id, info, rest: rest, mode: mode, to: &output)
            output.append(request.outputEnd)
        }
        guard withContents else { return }
        if let contents {
            console.output.append(contents.bytes)
        } else {
            try ObjectWriter(objects, console).write(id, kind: info.kind)
        }
        console.output.append(request.outputEnd)
    }
}
