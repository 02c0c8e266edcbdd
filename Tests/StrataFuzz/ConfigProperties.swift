import StrataModel
import StrataRepository
import SystemPackage
import TestSupport

/// A configuration file: what is accepted comes back when it is written out again, numbers are what they say, and variables on the
/// command line are those that a file has.
func fuzzConfig(_ bytes: [UInt8]) throws {
    let entries: [Config.Entry]?
    do throws(RepositoryError) { entries = try Config.parse(bytes, name: "file").entries } catch {
        try require(error.code == .badConfigFile, "refused as \(error.code)")
        entries = nil
    }
    if let entries {
        // The end counts as a line feed, twice behind a backslash.
        try checkEntries(entries, lines: bytes.count { $0 == 0x0a } + 2, mayBeCut: bytes.contains(0))
        try checkWriting(entries)
        try checkNumbers(entries)
        try checkIncludes(bytes, entries)
    }
    try checkCommandLine(bytes)
}

private struct Variable: Equatable {
    let key: [UInt8]
    let value: [UInt8]?

    init(_ entry: Config.Entry) { (key, value) = (entry.key, entry.value) }
}

private func checkEntries(_ entries: [Config.Entry], lines: Int, mayBeCut: Bool) throws {
    var last = 1
    for entry in entries {
        try require(
            entry.line >= last && entry.line <= lines, "'\(shown(entry.key))' in line \(entry.line) of \(lines)")
        last = entry.line
        try require(!entry.key.contains(0) && entry.value?.contains(0) != true, "a NUL was not the end")
        // Up to the first dot the section, behind the last one the name.
        let parts = entry.key.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isCanonical = parts.first?.allSatisfy(isKeyByte) == true && parts.last?.allSatisfy(isKeyByte) == true
        // A NUL in a subsection cuts a key short.
        try require(isCanonical || mayBeCut, "'\(shown(entry.key))' is not canonical")
    }
}

private func isKeyByte(_ byte: UInt8) -> Bool {
    (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
}

// MARK: Writing

/// The variables in the plainest form, which reads as the same.
private func checkWriting(_ entries: [Config.Entry]) throws {
    let dot = UInt8(ascii: ".")
    // What a NUL has cut short can be written by no file.
    let whole = entries.filter { entry in
        guard let last = entry.key.lastIndex(of: dot) else { return true }
        return entry.key[(last + 1)...].first.map { isKeyByte($0) && !(0x2d...0x39).contains($0) } == true
            && entry.key[(last + 1)...].allSatisfy { isKeyByte($0) }
    }
    var file: [UInt8] = []
    for entry in whole {
        if let first = entry.key.firstIndex(of: dot), let last = entry.key.lastIndex(of: dot) {
            file += [UInt8(ascii: "[")] + entry.key[..<first]
            if first < last { file += [0x20] + quoted(Array(entry.key[(first + 1)..<last]), isValue: false) }
            file += Array("]\n".utf8) + entry.key[(last + 1)...]
        } else {
            file += entry.key
        }
        if let value = entry.value { file += Array(" = ".utf8) + quoted(value, isValue: true) }
        file.append(0x0a)
    }
    let again: [Config.Entry]
    do throws(RepositoryError) { again = try Config.parse(file, name: "file").entries } catch {
        throw FuzzFinding("'\(shown(file))' is refused: \(shown(error.message))")
    }
    try require(again.map(Variable.init) == whole.map(Variable.init), "'\(shown(file))' reads as something else")
}

private func quoted(_ text: [UInt8], isValue: Bool) -> [UInt8] {
    var result = [UInt8(ascii: "\"")]
    for byte in text {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
        case 0x0a where isValue: result += Array("\\n".utf8)
        case 0x09 where isValue: result += Array("\\t".utf8)
        default: result.append(byte)
        }
    }
    return result + [UInt8(ascii: "\"")]
}

// MARK: Values

private func checkNumbers(_ entries: [Config.Entry]) throws {
    for value in Set(entries.compactMap(\.value)) {
        guard let config = try? Config.parse(Array("[a]\nb = ".utf8) + quoted(value, isValue: true), name: "file")
        else {
            throw FuzzFinding("'\(shown(value))' cannot be quoted")
        }
        let number = try? config.int64("a.b")
        let plain = String(decoding: value, as: UTF8.self)
        if let expected = Int64(plain), !plain.drop(while: { "+-".contains($0) }).hasPrefix("0") {
            try require(number == expected, "\(plain) is \(String(describing: number))")
        }
        if let number {
            let again = try Config.parse(Array("[a]\nb = \(number)".utf8), name: "file").int64("a.b")
            try require(again == number, "\(number) is \(String(describing: again))")
        }
        let small = try? config.int("a.b")
        if let small { try require(number == Int64(small), "'\(shown(value))' has two values") }
        if let truth = try? config.bool("a.b"), let small {
            try require(truth == (small != 0), "'\(shown(value))' is \(truth)")
        }
        if case .some(.some(let expanded)) = try? config.string("a.b") {
            try require(expanded == value, "'\(shown(value))' is '\(shown(expanded))'")
        }
    }
}

// MARK: Includes

private let includable = ["a", "b", "own"].map { Array($0.utf8) }

/// The file once more from a disk, where it may include two others, and itself; whatever names another file is left alone.
private func checkIncludes(_ bytes: [UInt8], _ entries: [Config.Entry]) throws {
    let includes = entries.filter { $0.key.starts(with: "include".utf8) }
    guard !includes.isEmpty, includes.allSatisfy({ $0.value.map(includable.contains) ?? true }) else { return }
    let directory = try TemporaryDirectory()
    let own = directory.appending("own")
    try bytes.write(to: own)
    try Array("[x]\ny = 1\n[include]\npath = b\n".utf8).write(to: directory.appending("a"))
    try Array("[remote \"r\"]\nurl = u\n".utf8).write(to: directory.appending("b"))
    let environment = try RepositoryEnvironment(
        variables: ["GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": own.string], currentDirectory: directory.path)
    let read: Config
    do throws(RepositoryError) { read = try Config.read(location: nil, environment: environment) } catch { return }
    let here = read.entries.filter { $0.file == Array(own.string.utf8) }
    try require(
        here.map(Variable.init) == entries.map(Variable.init), "included files change what the file itself says")
}

extension [UInt8] {
    fileprivate func write(to path: FilePath) throws {
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        try file.closeAfter { _ = try file.writeAll(self) }
    }
}

// MARK: The command line

/// Each line as the text of `-c`, and the same by `GIT_CONFIG_PARAMETERS` in both of its forms.
private func checkCommandLine(_ bytes: [UInt8]) throws {
    let texts = bytes.prefix { $0 != 0 }.split(separator: 0x0a).prefix(8).map { Array($0) }
    guard !texts.contains(where: namesInclude) else { return }
    var plain = try RepositoryEnvironment(
        variables: ["GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/nonexistent"], currentDirectory: "/")
    var old = plain
    var new = plain
    plain.commandLineConfig = texts
    old.set("GIT_CONFIG_PARAMETERS", to: Array(texts.map(shellQuoted).joined(separator: [0x20])))
    let pairs: [[UInt8]] = texts.map { text in
        guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { return shellQuoted(text) }
        return shellQuoted(Array(text[..<equals])) + [UInt8(ascii: "=")] + shellQuoted(Array(text[(equals + 1)...]))
    }
    new.set("GIT_CONFIG_PARAMETERS", to: Array(pairs.joined(separator: [0x20])))
    let expected = variables(plain)
    try require(variables(old) == expected, "'key=value' is not what -c makes of it")
    try require(variables(new) == expected, "'key'='value' is not what -c makes of it")
}

private func namesInclude(_ text: [UInt8]) -> Bool {
    text.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }.starts(with: "include".utf8)
}

private func variables(_ environment: RepositoryEnvironment) -> [Variable]? {
    (try? Config.read(location: nil, environment: environment)).map { $0.entries.map(Variable.init) }
}

private func shellQuoted(_ text: [UInt8]) -> [UInt8] {
    let quote = UInt8(ascii: "'")
    return [quote] + text.flatMap { $0 == quote ? Array("'\\''".utf8) : [$0] } + [quote]
}
