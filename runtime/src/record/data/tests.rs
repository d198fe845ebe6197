//! What is written comes back, and what comes back is what was written.

use super::*;
use proptest::prelude::*;

fn any_datum() -> impl Strategy<Value = Datum> {
    let leaf = prop_oneof![
        Just(Datum::None),
        any::<bool>().prop_map(Datum::Bool),
        any::<i64>().prop_map(Datum::Int),
        any::<f64>().prop_map(Datum::Number),
        ".{0,6}".prop_map(|text| Datum::Text(text.into())),
        any::<i64>().prop_map(Datum::Time),
        any::<u64>().prop_map(Datum::Reference),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Datum::List),
            prop::collection::vec((inner.clone(), inner.clone()), 0..4).prop_map(Datum::Map),
            (".{0,3}", prop::collection::vec(inner, 0..3))
                .prop_map(|(name, items)| Datum::Variant(name.into(), items)),
        ]
    })
}

fn nested(levels: usize) -> Datum {
    (0..levels).fold(Datum::Int(1), |inner, _| Datum::List(vec![inner]))
}

proptest! {
    #[test]
    fn values_come_back(values in prop::collection::vec(any_datum(), 0..5)) {
        let bytes = encode(&values).unwrap();
        let back = decode(&bytes).unwrap();
        // NaN differs from itself; its text does not.
        prop_assert_eq!(format!("{back:?}"), format!("{values:?}"));
        prop_assert_eq!(encode(&back).unwrap(), bytes);
    }

    #[test]
    fn r1_bytes_that_decode_are_the_only_ones(bytes in prop::collection::vec(prop_oneof![0_u8..12, any::<u8>()], 0..40)) {
        if let Ok(values) = decode(&bytes) {
            prop_assert_eq!(encode(&values).unwrap(), bytes);
        }
    }

    #[test]
    fn a_value_is_skipped_as_it_is_read(values in prop::collection::vec(any_datum(), 0..5), cut in any::<u8>()) {
        let mut bytes = encode(&values).unwrap();
        bytes.truncate(bytes.len().saturating_sub(usize::from(cut % 4)));
        let mut reader = Reader::new(&bytes);
        let mut skipped = Vec::new();
        let skip = loop {
            match reader.encoded() {
                Ok(Some(value)) => skipped.extend_from_slice(value),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        prop_assert_eq!(skip, decode(&bytes).map(|_| ()));
        prop_assert!(bytes.starts_with(&skipped));
    }
}

#[test]
fn r2_nesting_has_a_limit_both_ways() {
    let deepest = encode(&[nested(DEPTH_MAX)]).unwrap();
    assert_eq!(decode(&deepest).unwrap(), [nested(DEPTH_MAX)]);
    assert_eq!(encode(&[nested(DEPTH_MAX + 1)]), Err(DataFault::Depth));
    let mut deeper = vec![tag::LIST, 1];
    deeper.extend_from_slice(&deepest);
    assert_eq!(decode(&deeper), Err(DataError { offset: 2 * DEPTH_MAX, fault: DataFault::Depth }));
    assert_eq!(
        Reader::new(&deeper).encoded(),
        Err(DataError { offset: 2 * DEPTH_MAX, fault: DataFault::Depth })
    );
}

#[test]
fn strange_bytes_are_named() {
    for (bytes, offset, fault) in [
        (&[11][..], 0, DataFault::Tag(11)),
        (&[tag::NONE, 255], 1, DataFault::Tag(255)),
        (&[tag::INT], 0, DataFault::End),
        (&[tag::INT, 0x80], 0, DataFault::End),
        (&[tag::INT, 0x80, 0], 0, DataFault::Varint),
        (&[tag::NUMBER, 0, 0, 0, 0, 0, 0, 0], 0, DataFault::End),
        (&[tag::NUMBER, 1, 0, 0, 0, 0, 0, 0xf8, 0x7f], 0, DataFault::Nan),
        (&[tag::TEXT, 2, b'a'], 0, DataFault::End),
        (&[tag::TEXT, 1, 0xff], 0, DataFault::Text),
        (&[tag::LIST, 2, tag::NONE], 0, DataFault::Count),
        (&[tag::MAP, 1, tag::NONE], 0, DataFault::Count),
        // Each list may be filled by what follows, both cannot.
        (&[tag::LIST, 4, tag::LIST, 2, tag::NONE, tag::NONE], 2, DataFault::Count),
        (&[tag::LIST, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], 0, DataFault::Count),
    ] {
        assert_eq!(decode(bytes), Err(DataError { offset, fault }), "{bytes:?}");
    }
}

#[test]
fn a_container_must_be_filled() {
    let mut writer = Writer::new();
    writer.token(Token::Map(1)).unwrap();
    writer.token(Token::None).unwrap();
    assert_eq!(writer.clone().finish(), Err(DataFault::End));
    writer.token(Token::None).unwrap();
    assert_eq!(writer.finish().unwrap(), encode(&[Datum::Map(vec![(Datum::None, Datum::None)])]).unwrap());
}

#[test]
fn the_reader_says_what_is_left() {
    let bytes = encode(&[Datum::Int(1), Datum::Int(2)]).unwrap();
    let mut reader = Reader::new(&bytes);
    reader.token().unwrap();
    assert_eq!(reader.finish(), Err(DataError { offset: 2, fault: DataFault::Rest }));
    reader.token().unwrap();
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn what_is_passed_over_is_what_is_read() {
    let values = [
        Datum::None,
        Datum::Bool(true),
        Datum::Int(-300),
        Datum::Number(0.5),
        Datum::Time(1 << 40),
        Datum::Reference(7),
        Datum::Text("Grüße".into()),
        Datum::List(vec![Datum::List(vec![]), Datum::Text("a".into())]),
        Datum::Map(vec![(
            Datum::Text("k".into()),
            Datum::Variant("V".into(), vec![Datum::Int(1), Datum::None]),
        )]),
    ];
    let bytes = encode(&values).unwrap();
    let (mut read, mut rest) = (Reader::new(&bytes), &*bytes);
    for _ in 0..values.len() {
        let (value, behind) = split_value(rest).unwrap();
        assert_eq!(Some(value), read.encoded().unwrap());
        assert_eq!(bytes.len() - behind.len(), read.offset());
        for cut in 0..value.len() {
            let error = split_value(&value[..cut]).unwrap_err();
            assert!(
                error.fault == DataFault::End && error.offset <= cut,
                "{value:?} cut at {cut}: {error:?}"
            );
        }
        rest = behind;
    }
    assert!(rest.is_empty());
}

#[test]
fn a_count_that_lies_ends_with_the_bytes() {
    let lie = [&[tag::LIST][..], &[0xff; 9], &[1]].concat();
    assert_eq!(split_value(&lie).unwrap_err().fault, DataFault::End);
}
