/**
 * Currency codes and their minor units, as ISO 4217 has them on 1 January 2026. Kept here as data of the project:
 * `Intl` has the CLDR's decimals, which say how prices are usually shown (none for HUF, IDR or IQD) and change with
 * Node; and no package on npm has XCG, ZWG and the withdrawal of BGN at once.
 *
 * When ISO publishes an amendment, a new code gets a place in `active`, and a withdrawn one moves to `withdrawn`.
 */

/** Codes of list one, by how many decimals their amounts have. Without those that ISO gives no minor unit. */
export const active: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW ' +
    'CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF ' +
    'IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK ' +
    'MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP ' +
    'SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG ' +
    'YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

/** Codes withdrawn since the euro came (list three), by how many decimals their amounts had: books go back further. */
export const withdrawn: Readonly<Record<number, string>> = {
  0: 'ADP BEF BYR ESP GRD ITL LUF MGF PTE TPE TRL',
  2:
    'AFA ANG ATS AZM BGN CSD CUC CYP DEM EEK FIM FRF GHC HRK IEP LTL LVL MRO MTL MZM NLG ROL RUR SDD SIT SKK SLL ' +
    'SRG STD TMM VEB VEF YUM ZMK ZWD ZWL ZWR',
};

/** Metals and units of account, to which ISO gives no minor unit. XTS, for tests, and XXX, for none, are not money. */
export const withoutMinorUnit = 'XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XUA';
