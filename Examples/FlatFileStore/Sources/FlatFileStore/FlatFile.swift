import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// The references in one text file, as they were when it was read.
///
/// The first line counts the changes, each other line is a reference, sorted by name:
///
///     # generation 7
///     ref:refs/heads/main HEAD
///     5f0c9d… refs/heads/main
struct FlatFile: RefSnapshot {
    let generation: UInt64
    private let references: RefRun

    /// Reads the file at `path`; one that is absent has no references.
    init(at path: FilePath, _ algorithm: HashAlgorithm) throws(RefError) {
        let bytes: [UInt8]
        do { bytes = try readFile(path) ?? Array("# generation 0\n".utf8) } catch {
            throw RefError(.unavailable, "\(error)", path: path.string, cause: error)
        }
        var lines = bytes.split(separator: UInt8(ascii: "\n"))[...]
        guard let header = lines.popFirst(), let generation = Self.generation(header) else {
            throw RefError(.corrupt, "\(path) does not begin with a generation", path: path.string)
        }
        self.generation = generation
        var builder = RefRunBuilder()
        for line in lines {
            guard let (name, value) = Self.reference(line, algorithm) else {
                let text = String(decoding: line, as: UTF8.self)
                throw RefError(.corrupt, "unexpected line in \(path): \(text)", path: path.string)
            }
            builder.append(name: name, value: value)
        }
        references = builder.finished()
    }

    private static func generation(_ line: ArraySlice<UInt8>) -> UInt64? {
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        return words.count == 3 && words[..<2] == ["#", "generation"] ? UInt64(words[2]) : nil
    }

    private static func reference(
        _ line: ArraySlice<UInt8>, _ algorithm: HashAlgorithm
    ) -> (name: [UInt8], value: RefValue)? {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 1)
        guard words.count == 2 else { return nil }
        if words[0].starts(with: "ref:".utf8) { return (Array(words[1]), .symbolic(Array(words[0].dropFirst(4)))) }
        guard let id = ObjectID(hex: String(decoding: words[0], as: UTF8.self)), id.algorithm == algorithm else {
            return nil
        }
        return (Array(words[1]), .object(id, peeled: nil))
    }

    // MARK: What a snapshot is asked

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        let index = references.lowerBound(name.bytes.span)
        guard index < references.count, references[index].refName == name else { return nil }
        return references[index].value
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor { RefRunCursor(references, over: scope) }

    // MARK: Changing it

    /// The file's contents with `edits` made, one generation on.
    func contents(with edits: [ResolvedRefEdit]) throws(RefError) -> [UInt8] {
        var all: [RefName: RefValue] = [:]
        for index in 0..<references.count { all[references[index].refName] = references[index].value }
        for edit in edits {
            switch edit.action {
            case .keep: break
            case .delete: all[edit.name] = nil
            case .write(let value): all[edit.name] = value
            }
        }
        var text = Array("# generation \(generation + 1)\n".utf8)
        for (name, value) in all.sorted(by: { $0.key < $1.key }) {
            switch value {
            case .object(let id, _): text += id.hex.utf8
            case .symbolic(let target): text += "ref:".utf8 + target
            case .broken: throw RefError(.invalid, "'\(name)' is broken", reference: name)
            }
            text += [UInt8(ascii: " ")] + name.bytes + [UInt8(ascii: "\n")]
        }
        return text
    }
}
